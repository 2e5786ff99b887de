/** UTF-8 that may be broken in places. */
import { isUtf8 } from 'node:buffer';

const lineFeed = 0x0a;

export interface Decoded {
  /** Without a byte order mark; U+FFFD stands for what is not UTF-8. */
  readonly text: string;
  /** The lines, 1-based, that hold bytes which are not UTF-8. */
  readonly brokenLines: ReadonlySet<number>;
}

export function decodeUtf8(bytes: Uint8Array): Decoded {
  const text = new TextDecoder().decode(bytes);
  const brokenLines = new Set<number>();
  // A file may hold U+FFFD of its own; without one, nothing was replaced.
  if (!text.includes('\uFFFD')) return { text, brokenLines };
  for (let start = 0, line = 1; start < bytes.length; line++) {
    const feed = bytes.indexOf(lineFeed, start);
    const end = feed < 0 ? bytes.length : feed;
    if (!isUtf8(bytes.subarray(start, end))) brokenLines.add(line);
    start = end + 1;
  }
  return { text, brokenLines };
}
