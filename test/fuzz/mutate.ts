/** Damage, as discs, networks and those who mean harm do it. */
import type { Random } from '../../training/random.js';

/** One to four changes. Headers are where the structure is: half of the changes fall into the first or last 4 KiB. */
export function mutated(whole: Uint8Array, random: Random): Buffer {
  let bytes = Buffer.from(whole);
  for (let changes = 1 + random.below(4); changes > 0 && bytes.length > 0; changes -= 1) {
    const { length } = bytes;
    const near = Math.min(4096, length);
    const places = [
      () => random.below(length),
      () => random.below(near),
      () => length - 1 - random.below(near),
    ];
    const at = places[random.below(places.length)]!();
    const size = 1 + random.below(64);
    switch (random.below(7)) {
      case 0: // a bit
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1: // a byte
        bytes[at] = random.below(256);
        break;
      case 2: // the end
        bytes = bytes.subarray(0, at);
        break;
      case 3: // a piece less
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
        break;
      case 4: // a piece twice
        bytes = Buffer.concat([bytes.subarray(0, at + size), bytes.subarray(at)]);
        break;
      case 5: // a length that lies
        bytes.fill(
          [0, 0xff, 0x7f, 0x80][random.below(4)]!,
          at,
          Math.min(length, at + [1, 2, 4, 8][random.below(4)]!),
        );
        break;
      default: {
        // a piece of elsewhere
        const from = random.below(length);
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, from + size), bytes.subarray(at)]);
      }
    }
  }
  return bytes;
}
