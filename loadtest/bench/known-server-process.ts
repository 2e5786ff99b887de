/**
 * A server whose delays are known, to measure a load generator against: it does next to nothing, and when it is told to
 * it stands still.
 */
import { createServer } from 'node:net';
import { knownServerSettings } from './known-server.js';

const { delayMs, stallAtMs, stallMs } = knownServerSettings.parse(JSON.parse(process.argv[2] ?? '{}'));
const answer = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
);
const headEnd = Buffer.from('\r\n\r\n');

let startedMs: number | null = null;
let stallUntilMs = 0;

const server = createServer({ noDelay: true }, (socket) => {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = requestEnd(rest); end !== null; end = requestEnd(rest)) {
      rest = rest.subarray(end);
      reply(() => socket.writable && socket.write(answer));
    }
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('message', () => {
  startedMs = performance.now();
});
process.on('disconnect', () => process.exit());
process.on('SIGINT', () => undefined);

function reply(write: () => void): void {
  const now = performance.now();
  if (startedMs !== null && stallMs > 0 && stallUntilMs === 0 && now >= startedMs + stallAtMs)
    stallUntilMs = startedMs + stallAtMs + stallMs;
  const waitMs = Math.max(delayMs, stallUntilMs - now);
  if (waitMs > 0) setTimeout(write, waitMs);
  else write();
}

/** Where the first request ends; null when it is not whole. */
function requestEnd(bytes: Buffer): number | null {
  const head = bytes.indexOf(headEnd);
  if (head < 0) return null;
  const length = /content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, head))?.[1] ?? '0';
  const end = head + headEnd.length + Number(length);
  return end <= bytes.length ? end : null;
}
