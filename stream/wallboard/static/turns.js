// Turns: what reads much is asked for a few at a time, for the server lets each caller do so.

export const AT_ONCE = 2;

/** Do `work` with each of `things`, `most` of them at a time; return when all is done. */
export async function each(things, most, work) {
  const left = [...things];
  const take = async () => {
    while (left.length) {
      await work(left.shift());
    }
  };
  await Promise.all(Array.from({ length: most }, take));
}

/** Return `turn(work)`, which does each work when its turn has come: `most` of them at a time, in order. */
export function makeTurns(most = AT_ONCE) {
  const waiting = [];
  let busy = 0;
  const next = () => {
    if (busy < most && waiting.length) {
      busy += 1;
      waiting.shift()().finally(() => {
        busy -= 1;
        next();
      });
    }
  };
  return (work) => {
    waiting.push(work);
    next();
  };
}
