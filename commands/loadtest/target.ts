/** What a load test sends, and where: from the command line. */
import { InvalidArgumentError, type Command } from 'commander';
import { readTexts } from '../../core/text-file.js';
import { fail } from '../../core/errors.js';
import type { Target } from '../../loadtest/open-loop/protocol.js';
import { groupsOf, readTemplate, requestBodies, templateOfPath } from '../../loadtest/request-bodies.js';
import { reviews } from '../../loadtest/reviews.js';
import { checkAnswers, isGrpc, targetOf } from '../../loadtest/target.js';
import { collect, integer } from '../options.js';

export interface TargetOptions {
  readonly path?: string;
  readonly header?: string[];
  readonly bodyTemplate?: string;
  readonly batch: number;
  readonly texts?: string;
  readonly allowHost?: string[];
  /** Seconds that a request may take, the one before the load too. */
  readonly timeout: number;
}

export interface LoadTarget {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON bodies; of gRPC there are none. */
  readonly bodies: readonly string[] | null;
  readonly texts: number;
  readonly textsPerRequest: number;
  /** As the generator's process is told it. */
  readonly forGenerator: Target;
}

export function addTargetOptions(command: Command): Command {
  return command
    .option('--path <path>', 'the route, where the URL names none (default: /v1/predict)', pathOption)
    .option('--header <header>', "sent with every request, 'name: value'; repeatable", collect)
    .option('--body-template <json>', 'what to send: JSON, or @FILE, with {{text}} or {{texts}} in it')
    .option('--batch <n>', 'texts in a request', integer(1, 1024), 1)
    .option('--texts <file>', 'texts to send, .txt or .jsonl, each also .gz (default: built-in reviews)')
    .option(
      '--allow-host <host>',
      'a host other than this machine that is yours to load; repeatable',
      collect,
    );
}

/** Asks the server once, so that a wrong address or body is told before the load. */
export async function openTarget(given: string, options: TargetOptions): Promise<LoadTarget> {
  const { batch } = options;
  const timeoutMs = 1000 * options.timeout;
  const url = targetOf(given, options.allowHost, options.path);
  const texts = options.texts === undefined ? reviews : await readTexts(options.texts);
  const headers = Object.fromEntries((options.header ?? []).map(parseHeader));
  const common = { url, headers, texts: texts.length, textsPerRequest: batch };
  if (isGrpc(url)) {
    const { host: address } = url;
    const [, model = ''] = url.pathname.split('/');
    const target = {
      address,
      model: decodeURIComponent(model),
      headers,
      texts: groupsOf(texts, batch),
      timeoutMs,
    };
    // The library of gRPC takes a while to load.
    const { checkGrpcAnswers } = await import('../../loadtest/grpc/check-answers.js');
    await checkGrpcAnswers(url, target);
    return { ...common, bodies: null, forGenerator: { protocol: 'grpc', ...target } };
  }
  const template =
    options.bodyTemplate === undefined
      ? templateOfPath(url.pathname, batch)
      : await readTemplate(options.bodyTemplate, batch);
  const bodies = requestBodies(texts, batch, template);
  await checkAnswers(url, bodies[0] ?? '', { headers, timeoutMs });
  const target = { url: url.href, headers, bodies, timeoutMs };
  return { ...common, bodies, forGenerator: { protocol: 'http', ...target } };
}

/** Headers that say where a body ends, which a wrong one would hide. */
const framing = ['content-length', 'transfer-encoding'];

/** A token, a colon, and what RFC 9110 lets stand in a value. */
function parseHeader(header: string): [string, string] {
  const [, name = '', value] = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(header) ?? [];
  if (value === undefined) throw fail('loadtest_header_invalid', { header });
  const lower = name.toLowerCase();
  if (framing.includes(lower))
    throw fail('command_line_invalid', { reason: `${lower} follows from the body, and is no --header` });
  return [lower, value.trim()];
}

function pathOption(value: string): string {
  if (!value.startsWith('/')) throw new InvalidArgumentError('It must begin with a slash.');
  return value;
}
