// What does not fit on a wall: nobody scrolls there, so it is counted, and none is cut in half unseen.

import { mark, say } from "./dom.js";
import { shown } from "./format.js";
import { texts } from "./texts.js";

/** On a wall let those children of `lists` be seen that are whole, and let `more` say how many others there are. */
export function fitOnWall(lists, more) {
  if (!document.documentElement.hasAttribute("data-kiosk")) {
    return;
  }
  say(more, "");
  if (cutOf(lists).length) {
    // The line that counts them takes room as well.
    say(more, texts.below("1"));
  }
  const cut = new Set(cutOf(lists));
  // They keep their place, so that what is whole stays where it is.
  lists.forEach((list) => [...list.children].forEach((line) => mark(line, "data-cut", cut.has(line) ? "" : null)));
  say(more, cut.size ? texts.below(shown("count", cut.size)) : "");
}

/** Return the lines that are not whole. */
function cutOf(lists) {
  return lists.flatMap((list) => {
    const end = list.getBoundingClientRect().bottom + 1;
    return [...list.children].filter((line) => line.getBoundingClientRect().bottom > end);
  });
}
