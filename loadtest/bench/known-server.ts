/** Starts the server whose delays are known. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';

export const knownServerSettings = z.strictObject({
  delayMs: z.number().nonnegative().default(0),
  /** From `start`; the server answers nothing for so long, and then everything that came meanwhile. */
  stallAtMs: z.number().nonnegative().default(0),
  stallMs: z.number().nonnegative().default(0),
});

export interface KnownServer {
  readonly url: URL;
  /** The time of a stall counts from here. */
  start(): void;
  stop(): void;
}

export async function startKnownServer(
  settings: z.input<typeof knownServerSettings> = {},
): Promise<KnownServer> {
  const child = fork(new URL('./known-server-process.js', import.meta.url), [JSON.stringify(settings)]);
  const [address] = (await once(child, 'message')) as [unknown];
  const { port } = z.looseObject({ port: z.int() }).parse(address);
  return {
    url: new URL(`http://127.0.0.1:${port}/v1/predict`),
    start: () => child.send('start'),
    stop: () => {
      child.disconnect();
    },
  };
}
