// Rotation: on a wall one board gives way to the next; elsewhere whoever looks chooses.

/** Return what turns the boards. `turn` shows one; the address names the one that is shown. */
export function makeRotation({ boards, everyS, isKiosk, turn }) {
  let place = Math.max(0, boards.findIndex((board) => board.name === named()));
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

  addEventListener("hashchange", () => {
    const found = boards.findIndex((board) => board.name === named());
    if (found >= 0 && found !== place) {
      go(found);
    }
  });
  wind();

  return {
    current: () => boards[place],
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
