/**
 * Reads HTTP/1.1 responses (RFC 9112) as far as a load needs them: the status, where the body ends, and whether the
 * connection may be used again. Bodies are counted, not kept.
 */

/** An answer that is not HTTP. */
export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse';
}

export interface ResponseEnd {
  readonly status: number;
  readonly keepAlive: boolean;
}

const headEnd = Buffer.from('\r\n\r\n');
const longestHead = 64 * 1024;
const longestChunkLine = 1024;

type State =
  | { readonly kind: 'head' }
  | { readonly kind: 'body'; left: number }
  | { readonly kind: 'until-close' }
  | { readonly kind: 'chunk-line' }
  /** Data and the line break behind them. */
  | { readonly kind: 'chunk'; left: number }
  | { readonly kind: 'trailer' };

const head: State = { kind: 'head' };

export class ResponseParser {
  readonly #onResponse: (end: ResponseEnd) => void;
  #state: State = head;
  /** The beginning of a head or line whose end has not come. */
  #rest: Buffer = Buffer.alloc(0);
  #status = 0;
  #keepAlive = true;

  constructor(onResponse: (end: ResponseEnd) => void) {
    this.#onResponse = onResponse;
  }

  /** @throws MalformedResponse; the parser is of no use afterwards */
  push(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = bytes.subarray(0, 0);
    while (bytes.length > 0) {
      const used = this.#read(bytes);
      if (used === 0) {
        // A copy, since the reader of the socket may use its buffer again.
        this.#rest = Buffer.from(bytes);
        return;
      }
      bytes = bytes.subarray(used);
    }
  }

  /** The server closed the connection: the end of a body without a length, and otherwise nothing. */
  close(): void {
    if (this.#state.kind === 'until-close') this.#finish(false);
  }

  /** Bytes that were used; 0 when more are needed. */
  #read(bytes: Buffer): number {
    const state = this.#state;
    switch (state.kind) {
      case 'head':
        return this.#readHead(bytes);
      case 'until-close':
        return bytes.length;
      case 'body':
      case 'chunk': {
        const used = Math.min(state.left, bytes.length);
        state.left -= used;
        if (state.left === 0) {
          if (state.kind === 'body') this.#finish(this.#keepAlive);
          else this.#state = { kind: 'chunk-line' };
        }
        return used;
      }
      case 'chunk-line': {
        const line = lineOf(bytes);
        if (line === null) return 0;
        const size = /^([0-9a-f]{1,12})[ \t]*(;|$)/i.exec(line)?.[1];
        if (size === undefined) throw new MalformedResponse(`a chunk of the size ${JSON.stringify(line)}`);
        const length = parseInt(size, 16);
        this.#state = length === 0 ? { kind: 'trailer' } : { kind: 'chunk', left: length + 2 };
        return line.length + 2;
      }
      case 'trailer': {
        const line = lineOf(bytes);
        if (line === null) return 0;
        if (line === '') this.#finish(this.#keepAlive);
        return line.length + 2;
      }
    }
  }

  #readHead(bytes: Buffer): number {
    const end = bytes.indexOf(headEnd);
    if (end < 0) {
      if (bytes.length > longestHead) throw new MalformedResponse('a head without an end');
      if (!couldBeHttp(bytes)) throw new MalformedResponse('it does not begin as HTTP does');
      return 0;
    }
    const text = bytes.toString('latin1', 0, end);
    const match = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |\r|$)/.exec(text);
    if (match === null) throw new MalformedResponse('it does not begin as HTTP does');
    const used = end + headEnd.length;
    this.#status = Number(match[2]);
    if (this.#status < 200) {
      if (this.#status === 101) throw new MalformedResponse('it switches to another protocol');
      return used; // an interim response: the real one follows
    }
    const connection = header(text, 'connection')?.toLowerCase();
    this.#keepAlive = match[1] === '1' ? connection !== 'close' : connection === 'keep-alive';
    if (this.#status === 204 || this.#status === 304) {
      this.#finish(this.#keepAlive);
      return used;
    }
    const coding = header(text, 'transfer-encoding');
    const length = header(text, 'content-length');
    if (coding !== null) {
      const chunked = /(^|,)[ \t]*chunked$/i.test(coding);
      this.#state = chunked ? { kind: 'chunk-line' } : { kind: 'until-close' };
    } else if (length === null) {
      this.#state = { kind: 'until-close' };
    } else {
      if (!/^\d{1,15}$/.test(length))
        throw new MalformedResponse(`a content length of ${JSON.stringify(length)}`);
      if (Number(length) === 0) this.#finish(this.#keepAlive);
      else this.#state = { kind: 'body', left: Number(length) };
    }
    return used;
  }

  #finish(keepAlive: boolean): void {
    this.#state = head;
    this.#onResponse({ status: this.#status, keepAlive });
  }
}

/** The value of a header field; null when it is absent. */
function header(text: string, name: string): string | null {
  const lower = text.toLowerCase();
  const at = lower.indexOf(`\r\n${name}:`);
  if (at < 0) return null;
  const start = at + name.length + 3;
  const end = text.indexOf('\r\n', start);
  return text.slice(start, end < 0 ? undefined : end).trim();
}

/** The line up to its break; null when that has not come. */
function lineOf(bytes: Buffer): string | null {
  const end = bytes.indexOf('\r\n');
  if (end < 0) {
    if (bytes.length > longestChunkLine) throw new MalformedResponse('a line without an end');
    return null;
  }
  return bytes.toString('latin1', 0, end);
}

function couldBeHttp(bytes: Buffer): boolean {
  const beginning = bytes.toString('latin1', 0, 7);
  return 'HTTP/1.'.startsWith(beginning);
}
