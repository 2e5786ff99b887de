/**
 * HTTP/1.1 over kept-alive sockets, one request at a time on each. A request takes the connection that was used last; a
 * new one is opened when none is free.
 */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Sender } from '../open-loop/sender.js';
import { outcomeOfStatus, type Outcome } from '../outcome.js';
import { ResponseParser } from './response-parser.js';

export interface HttpTarget {
  readonly url: string;
  /** Names in lower case; those of `host` and `content-type` take the place of the usual ones. */
  readonly headers: Readonly<Record<string, string>>;
  /** Request bodies, JSON. */
  readonly bodies: readonly string[];
  readonly timeoutMs: number;
}

/** How often requests are looked through for those whose time is over. */
const sweepMs = 20;

export class HttpSender implements Sender {
  connectionsOpened = 0;
  readonly #open: () => Socket;
  readonly #requests: readonly Buffer[];
  readonly #idle: Connection[] = [];
  readonly #connections = new Set<Connection>();
  readonly #sweeper: NodeJS.Timeout;
  #isClosed = false;

  constructor(target: HttpTarget) {
    const url = new URL(target.url);
    this.#requests = target.bodies.map((body) => requestBytes(url, target.headers, body));
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const secure = url.protocol === 'https:';
    const port = Number(url.port || (secure ? 443 : 80));
    this.#open = secure
      ? () => connectTls({ host, port, servername: host }).setNoDelay(true)
      : () => connectPlain({ host, port, noDelay: true });
    this.#sweeper = setInterval(() => {
      const oldest = performance.now() - target.timeoutMs;
      for (const connection of this.#connections) connection.giveUpOlderThan(oldest);
    }, sweepMs);
  }

  send(request: number, done: (outcome: Outcome) => void): void {
    const bytes = this.#requests[request];
    if (bytes === undefined) throw new RangeError(`there is no request ${request}`);
    const connection = this.#idle.pop() ?? this.#connect();
    const answered = (ending: Ending) => {
      // The server may close a kept-alive connection at the moment that a request is sent on it.
      if (ending !== 'stale') done(ending);
      else if (this.#isClosed) done('connection');
      else this.#connect().send(bytes, answered);
    };
    connection.send(bytes, answered);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    for (const connection of this.#connections) connection.destroy();
  }

  #connect(): Connection {
    this.connectionsOpened++;
    const connection: Connection = new Connection(
      this.#open(),
      () => this.#idle.push(connection),
      () => {
        this.#connections.delete(connection);
        const place = this.#idle.indexOf(connection);
        if (place >= 0) this.#idle.splice(place, 1);
      },
    );
    this.#connections.add(connection);
    return connection;
  }
}

/** `stale`: a connection that had answered before was closed without a byte of this answer. */
type Ending = Outcome | 'stale';

interface Pending {
  readonly sentMs: number;
  readonly done: (ending: Ending) => void;
}

class Connection {
  readonly #socket: Socket;
  readonly #parser: ResponseParser;
  #pending: Pending | null = null;
  #answers = 0;
  #begun = false;

  constructor(socket: Socket, onIdle: () => void, onClose: () => void) {
    this.#socket = socket;
    this.#parser = new ResponseParser(({ status, keepAlive }) => {
      this.#answers++;
      if (this.#pending === null || !keepAlive) socket.destroy();
      const idle = this.#pending !== null && keepAlive;
      // First, so that what is sent on hearing of the answer finds the connection free.
      if (idle) onIdle();
      this.#settle(outcomeOfStatus(status));
    });
    socket.on('data', (chunk: Buffer) => {
      this.#begun = true;
      try {
        this.#parser.push(chunk);
      } catch {
        this.#settle('malformed');
        socket.destroy();
      }
    });
    socket.on('end', () => {
      this.#parser.close();
    });
    // What went wrong is told by 'close', which always follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      onClose();
      this.#settle(this.#answers > 0 && !this.#begun ? 'stale' : 'connection');
    });
  }

  send(bytes: Buffer, done: (ending: Ending) => void): void {
    this.#pending = { sentMs: performance.now(), done };
    this.#begun = false;
    this.#socket.write(bytes);
  }

  giveUpOlderThan(sentMs: number): void {
    if (this.#pending === null || this.#pending.sentMs > sentMs) return;
    this.#settle('timeout');
    this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #settle(ending: Ending): void {
    const pending = this.#pending;
    this.#pending = null;
    pending?.done(ending);
  }
}

function requestBytes(url: URL, headers: HttpTarget['headers'], body: string): Buffer {
  const lines = [
    `POST ${url.pathname}${url.search} HTTP/1.1`,
    ...Object.entries({ host: url.host, 'content-type': 'application/json', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ];
  return Buffer.from(lines.join('\r\n'));
}
