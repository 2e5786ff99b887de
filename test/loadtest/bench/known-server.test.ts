/** The server whose delays are known. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { withKnownServer } from '../../../loadtest/bench/known-server.js';

test('it ends with the work that it is for, when that fails too', async () => {
  let port = 0;
  const failing = withKnownServer({}, async ({ url }) => {
    port = Number(url.port);
    const answer = await fetch(url, { method: 'POST', body: '{}' });
    throw new Error(`it answered with ${answer.status}`);
  });
  await expect(failing).rejects.toThrow('200');
  const isRefused = async () => {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return false;
    } catch {
      return true;
    } finally {
      socket.destroy();
    }
  };
  while (!(await isRefused())) await new Promise((resolve) => setTimeout(resolve, 20));
});
