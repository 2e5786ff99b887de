/**
 * A set of requests that come and go: added and taken out in constant time. V8's `Set` makes a new table each time that
 * it fills, and each old one keeps the next; once one of them is old, what they held, and with it most requests, lives on
 * until a full collection, which takes the cores from the workers.
 */

interface Placed {
  /** In the set that holds it. */
  place: number;
}

export class OpenRequests<T extends Placed> implements Iterable<T> {
  readonly #requests: T[] = [];

  get size(): number {
    return this.#requests.length;
  }

  add(request: T): void {
    request.place = this.#requests.length;
    this.#requests.push(request);
  }

  /** @param request that was added, and not taken out since */
  delete(request: T): void {
    const last = this.#requests.pop();
    if (last === undefined || last === request) return;
    this.#requests[request.place] = last;
    last.place = request.place;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#requests.values();
  }
}
