/** What is going to happen, in order of time; what happens may add to it. */
export interface Timeline {
  /** `millis` since 1970. At the same time, the lower rank comes first, then what was added first. */
  add: (millis: number, rank: number, happen: () => void) => void;
  /** Lets everything happen up to a time. */
  runUntil: (millis: number) => void;
}

export function createTimeline(): Timeline {
  const coming: { millis: number; rank: number; happen: () => void }[] = [];
  return {
    add: (millis, rank, happen) => {
      // Most of what is added lies behind all the rest.
      let index = coming.length;
      const isLater = (each: { millis: number; rank: number }) =>
        each.millis > millis || (each.millis === millis && each.rank > rank);
      for (let before = coming[index - 1]; before && isLater(before); before = coming[index - 1]) index -= 1;
      coming.splice(index, 0, { millis, rank, happen });
    },
    runUntil: (millis) => {
      for (let next = coming[0]; next && next.millis <= millis; next = coming[0]) {
        coming.shift();
        next.happen();
      }
    },
  };
}
