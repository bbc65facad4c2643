// Rotation: on a wall one board gives way to the next; elsewhere whoever looks chooses.

/** Return what turns the boards. `turn` shows one; the address names the one that is shown. */
export function makeRotation({ boards, everyS, isKiosk, turn }) {
  let place = placeOf(named()); // -1 where no board has the name
  let isTurning = isKiosk && everyS !== null && boards.length > 1;
  let isHeld = false;
  let timer = null;

  function go(next) {
    place = (next + boards.length) % boards.length;
    history.replaceState(null, "", `#${encodeURIComponent(boards[place].name)}`);
    wind();
    turn(boards[place]);
  }

  function wind() {
    clearTimeout(timer);
    if (isTurning && !isHeld) {
      timer = setTimeout(() => go(place + 1), (everyS ?? 30) * 1000);
    }
  }

  function placeOf(name) {
    return name ? boards.findIndex((board) => board.name === name) : 0;
  }

  addEventListener("hashchange", () => {
    const found = placeOf(named());
    if (found >= 0 && found !== place) {
      go(found);
    } else if (found < 0) {
      place = found;
      turn(boards[0]);
    }
  });
  wind();

  return {
    /** The board that is shown; the first where the address names one that there is not. */
    current: () => boards[Math.max(0, place)],
    /** The board that the address names and there is not; null where there is. */
    missing: () => (place < 0 ? named() : null),
    go: (board) => go(boards.indexOf(board)),
    isTurning: () => isTurning,
    set(value) {
      isTurning = value;
      wind();
    },
    hold(value) {
      isHeld = value;
      wind();
    },
  };
}

function named() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}
