/** The hue of one of so many rules, in degrees, as far from each other as can be. */
export function hueOf(index: number, count: number): number {
  return Math.round((360 * index) / count + 210) % 360;
}
