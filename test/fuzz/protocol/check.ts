/** Sends a server what it must refuse, and looks whether it refuses it rightly and answers as before afterwards. */
import { z } from 'zod';
import { seededGenerator } from '../../../core/random.js';
import { damagedRequest } from './damaged.js';
import type { Hostile } from './hostile.js';
import { type Exchange, exchange, post } from './raw-http.js';

const errorSchema = z.union([
  z.strictObject({
    error: z.strictObject({
      code: z.string(),
      message: z.string(),
      hint: z.string(),
      request_id: z.string(),
    }),
  }),
  z.strictObject({ error: z.string() }),
]);

/** What is wrong with the answers to a request; null where nothing is. */
export async function checkHostile(
  url: string,
  { pieces, statuses, answers: wanted = 1 }: Hostile,
): Promise<string | null> {
  const answers = await exchange(url, pieces, wanted);
  const [first] = answers;
  if (first === undefined || answers.length < wanted) return 'no answer';
  if (!statuses.includes(first.status)) return `status ${String(first.status)}: ${first.body}`;
  return answers.map(complaintOf).find((complaint) => complaint !== null) ?? null;
}

/** Damaged requests of a seed; gives a complaint for each that is answered wrongly. */
export async function checkDamaged(url: string, seed: number, count: number): Promise<string[]> {
  const random = seededGenerator(seed);
  const complaints: string[] = [];
  for (let done = 0; done < count; done += 1) {
    const request = damagedRequest(random);
    const [answer] = await exchange(url, [request]);
    const complaint = answer === undefined ? 'no answer' : complaintOf(answer);
    if (complaint !== null) complaints.push(`request ${String(done)}: ${complaint}: ${request.toString()}`);
  }
  return complaints;
}

/** The results of fixed texts, without what differs from time to time. */
export async function answersOf(url: string): Promise<unknown> {
  const body = JSON.stringify({ texts: ['房间很干净，服务也好。', '太差了', ''], logits: true });
  const [answer] = await exchange(url, [post('/v1/predict', body)]);
  return z.object({ results: z.array(z.unknown()) }).parse(JSON.parse(answer?.body ?? '')).results;
}

function complaintOf({ status, body }: Exchange): string | null {
  if (status >= 500) return `status ${String(status)}: ${body}`;
  if (status < 400) return null;
  try {
    errorSchema.parse(JSON.parse(body));
  } catch {
    return `the shape of an error is another: ${body}`;
  }
  return /\.js:\d/.test(body) ? `a stack: ${body}` : null;
}
