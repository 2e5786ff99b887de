const mark = '…';

/** A text's beginning where it has more bytes of UTF-8 than `most`: names and reasons that quote what a client sent. */
export function shortened(text: string, most = 100): string {
  if (Buffer.byteLength(text) <= most) return text;
  const bytes = Buffer.from(text).subarray(0, most - Buffer.byteLength(mark));
  // A stream's decoder leaves out the bytes of a character that is cut.
  return `${new TextDecoder().decode(bytes, { stream: true })}${mark}`;
}
