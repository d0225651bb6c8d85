/**
 * Which recordings under way are shown, and where: each keeps its place until it ends, so that nothing moves. Pure.
 *
 * @template {{ id: string, firstSequence: number }} T
 * @param {readonly (string | undefined)[]} before ids by their places, as they were shown last
 * @param {readonly T[]} active what is under way
 * @param {number} count places there are
 * @returns {(T | undefined)[]} by place; undefined: nothing is there
 */
export function slotsAfter(before, active, count) {
  const byId = new Map(active.map((item) => [item.id, item]));
  const kept = Array.from({ length: count }, (_, place) => byId.get(before[place] ?? ''));
  const shown = new Set(kept.map((item) => item?.id));
  const others = active.filter(({ id }) => !shown.has(id)).sort((a, b) => a.firstSequence - b.firstSequence);
  return kept.map((item) => item ?? others.shift());
}
