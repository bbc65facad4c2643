// Arranging: tiles are dragged, or moved with two buttons; the order stays on this screen.

import { button, h } from "./dom.js";
import { texts } from "./texts.js";

const KEY = (board) => `deskpulse.order.${board.name}`;

/** Return the tiles of a board in the order that was made on this screen, new ones last. */
export function arranged(board) {
  const order = stored(KEY(board));
  const place = (tile) => (order.includes(tile.name) ? order.indexOf(tile.name) : order.length);
  return [...board.tiles].sort((one, other) => place(one) - place(other));
}

/** Return `set(isArranging)`: the tiles of `grid` can be moved while it is true. */
export function makeArranging({ board, grid, tiles }) {
  let handles = [];

  function set(isArranging) {
    grid.toggleAttribute("data-arranging", isArranging);
    handles.forEach((handle) => handle.remove());
    handles = [];
    for (const { box, title } of tiles) {
      box.draggable = isArranging;
      if (isArranging) {
        handles.push(
          h(
            "div",
            { class: "handles" },
            button("←", () => move(box, box.previousElementSibling), { "aria-label": texts.before(title) }),
            button("→", () => move(box, box.nextElementSibling), { "aria-label": texts.after(title) }),
          ),
        );
        box.append(handles.at(-1));
      }
    }
  }

  function move(box, other) {
    if (!other) {
      return;
    }
    const isBefore = box.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING;
    const focused = document.activeElement;
    grid.insertBefore(box, isBefore ? other : other.nextElementSibling);
    focused?.focus(); // a node that was moved has lost it
    keep();
  }

  function keep() {
    store(KEY(board), [...grid.children].map((box) => box.getAttribute("data-tile")));
  }

  let dragged = null;
  grid.addEventListener("dragstart", (event) => {
    dragged = event.target.closest(".tile");
    event.dataTransfer.effectAllowed = "move";
  });
  grid.addEventListener("dragover", (event) => {
    if (dragged) {
      event.preventDefault();
    }
  });
  grid.addEventListener("drop", (event) => {
    event.preventDefault();
    const other = event.target.closest(".tile");
    if (dragged && other && other !== dragged) {
      move(dragged, other);
    }
    dragged = null;
  });

  return { set };
}

/** Forget every order made on this screen. */
export function forget(board) {
  try {
    localStorage.removeItem(KEY(board));
  } catch {
    // Nothing was kept.
  }
}

function stored(key) {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

function store(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing shows the tiles as they were laid out the next time.
  }
}
