/** Runs so many at once; the others wait for their turn. */
export interface Places {
  take: <T>(work: () => Promise<T>) => Promise<T>;
}

export function createPlaces(count: number): Places {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    take: async (work) => {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        // The place goes to the next one without ever being free.
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}
