/** A server's certificate and key from PEM files, which are read again when they change. */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { fail, toRetortError } from '../../core/errors.js';
import { reasonOf } from '../../core/reason-of.js';

interface TlsPaths {
  readonly certificate: string;
  readonly key: string;
}

interface TlsOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: 'TLSv1.2';
}

/** Certificates are renewed days before they end. */
const renewalLookMs = 10_000;

export class TlsFiles {
  readonly #paths: TlsPaths;
  readonly #logger: Logger;
  readonly #servers = new Set<Server>();
  #options: TlsOptions;

  /** @throws RetortError tls_invalid */
  constructor(paths: TlsPaths, logger: Logger, lookEveryMs = renewalLookMs) {
    this.#paths = paths;
    this.#logger = logger;
    this.#options = read(paths);
    for (const path of [paths.certificate, paths.key])
      watchFile(path, { interval: lookEveryMs, persistent: false }, this.#reload);
  }

  get options(): TlsOptions {
    return this.#options;
  }

  /** The server takes new connections with whatever the files hold then. */
  follow(server: Server): Server {
    this.#servers.add(server);
    return server;
  }

  close(): void {
    for (const path of [this.#paths.certificate, this.#paths.key]) unwatchFile(path, this.#reload);
  }

  /** Files that do not fit, such as a new certificate whose key is not there yet, leave the old ones in use. */
  readonly #reload = (): void => {
    try {
      this.#options = read(this.#paths);
      for (const server of this.#servers) server.setSecureContext(this.#options);
      this.#logger.info({ certificate: this.#paths.certificate }, 'certificate read again');
    } catch (thrown) {
      const { code, message } = toRetortError(thrown);
      this.#logger.warn({ code }, message);
    }
  };
}

function read({ certificate, key }: TlsPaths): TlsOptions {
  try {
    const options = {
      cert: readFileSync(certificate),
      key: readFileSync(key),
      minVersion: 'TLSv1.2',
    } as const;
    createSecureContext(options);
    return options;
  } catch (error) {
    const reason = reasonOf(error);
    throw fail('tls_invalid', { certificate, key, reason }, error);
  }
}
