/** Which rows go together: pure functions, so that a policy can be read and tested by itself. */

/** The most rows of one run of a session. */
export const largestGroup = 32;

/** A group's rows may be padded by this share of its shortest row, and by a few steps more. */
const paddingShare = 0.25;
const paddingSteps = 4;

/** Whether rows of these lengths may share a run: every time step runs all rows, so padding costs what words cost. */
function fitsTogether(shortest: number, longest: number): boolean {
  return longest <= shortest * (1 + paddingShare) + paddingSteps;
}

/** Places of like lengths together, at most `largest` a group; every place stands in exactly one group. */
export function groupByLength(lengths: readonly number[], largest: number): number[][] {
  const order = [...lengths.keys()].sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
  const groups: number[][] = [];
  let group: number[] = [];
  for (const place of order) {
    const shortest = lengths[group[0] ?? place] ?? 0;
    if (group.length > 0 && (group.length === largest || !fitsTogether(shortest, lengths[place] ?? 0))) {
      groups.push(group);
      group = [];
    }
    group.push(place);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
