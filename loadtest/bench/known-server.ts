/** The server whose delays are known, in a process of its own. */
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
}

/** It runs for as long as `work` does, however that ends. */
export async function withKnownServer<T>(
  settings: z.input<typeof knownServerSettings>,
  work: (server: KnownServer) => Promise<T>,
): Promise<T> {
  const child = fork(new URL('./known-server-process.js', import.meta.url), [JSON.stringify(settings)]);
  const [address] = (await once(child, 'message')) as [unknown];
  try {
    const { port } = z.looseObject({ port: z.int() }).parse(address);
    return await work({
      url: new URL(`http://127.0.0.1:${port}/v1/predict`),
      start: () => child.send('start'),
    });
  } finally {
    if (child.connected) child.disconnect();
  }
}
