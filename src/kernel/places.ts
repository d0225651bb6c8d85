/** Lets so many in at once; the others wait for their turn, in the order in which they came. */
export interface Places {
  take: <T>(work: () => Promise<T>) => Promise<T>;
  /** Takes several places, or all where there are not so many; resolves with what gives them back. */
  enter: (places: number) => Promise<() => void>;
}

export function createPlaces(count: number): Places {
  let free = count;
  const waiting: { places: number; goIn: () => void }[] = [];
  const letIn = () => {
    for (let [first] = waiting; first && first.places <= free; [first] = waiting) {
      waiting.shift();
      free -= first.places;
      first.goIn();
    }
  };
  const enter = (wanted: number): Promise<() => void> => {
    const places = Math.min(wanted, count);
    const leave = () => {
      free += places;
      letIn();
    };
    if (waiting.length === 0 && places <= free) {
      free -= places;
      return Promise.resolve(leave);
    }
    return new Promise((resolve) => {
      waiting.push({ places, goIn: () => resolve(leave) });
    });
  };
  return {
    enter,
    take: async (work) => {
      const leave = await enter(1);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
