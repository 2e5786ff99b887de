/** So many of the values, evenly over all of them; all where there are fewer. */
export function evenly<T>(values: readonly T[], wanted: number): T[] {
  const step = Math.max(1, values.length / wanted);
  const places = Array.from({ length: Math.min(wanted, values.length) }, (_, place) =>
    Math.floor(place * step),
  );
  return places.flatMap((place) => values.slice(place, place + 1));
}
