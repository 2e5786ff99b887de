/**
 * SentencePiece's precompiled character map: which character sequences a text's are replaced by. Its bytes are a
 * 32-bit size, a double-array trie of that size (Darts-clone's units, 32 bits each), then the replacements, each ended
 * by a 0; all little-endian. See normalizer.cc in https://github.com/google/sentencepiece: the longest sequence counts.
 * (The Rust library replaces by the shortest, whole grapheme clusters at a time; models were trained on the longest.)
 */

export class Charsmap {
  readonly #units: Uint32Array;
  readonly #replacements: Uint8Array;

  /** @throws RangeError where the sizes do not fit the bytes */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = bytes.length < 4 ? 0 : view.getUint32(0, true);
    if (size === 0 || size % 4 !== 0 || 4 + size > bytes.length) {
      throw new RangeError('the character map is cut off');
    }
    this.#units = Uint32Array.from({ length: size / 4 }, (_, index) => view.getUint32(4 + 4 * index, true));
    this.#replacements = bytes.subarray(4 + size);
  }

  normalize(text: string): string {
    const bytes = Buffer.from(text, 'utf8');
    const parts: Uint8Array[] = [];
    let copied = 0;
    for (let at = 0; at < bytes.length;) {
      const match = this.#longestMatch(bytes, at);
      if (match === null) at += characterLength(bytes[at] ?? 0);
      else {
        parts.push(bytes.subarray(copied, at), match.replacement);
        at += match.length;
        copied = at;
      }
    }
    return copied === 0 ? text : Buffer.concat([...parts, bytes.subarray(copied)]).toString('utf8');
  }

  #longestMatch(bytes: Uint8Array, start: number): { length: number; replacement: Uint8Array } | null {
    let [longest, value] = [0, 0];
    let node = childOffset(this.#units[0] ?? 0);
    for (let at = start; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      node ^= byte;
      const unit = this.#units[node] ?? 0;
      if (byte === 0 || (unit & labelMask) !== byte) break;
      node ^= childOffset(unit);
      if ((unit & leafBit) !== 0) {
        longest = at + 1 - start;
        value = (this.#units[node] ?? 0) & 0x7fffffff;
      }
    }
    if (longest === 0) return null;
    const end = this.#replacements.indexOf(0, value);
    return { length: longest, replacement: this.#replacements.subarray(value, end < 0 ? undefined : end) };
  }
}

/** A leaf's own unit has the sign bit, so it matches no byte. */
const labelMask = 0x800000ff;
const leafBit = 0x100;

function childOffset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/** Bytes of the UTF-8 character that starts with this one. */
function characterLength(lead: number): number {
  if (lead < 0x80) return 1;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}
