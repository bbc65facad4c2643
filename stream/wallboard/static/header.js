// The head of the page: which board, whose numbers, of when, and whether they still come.

import { forget } from "./arranging.js";
import { button, h, mark, say } from "./dom.js";
import { time } from "./format.js";
import { texts } from "./texts.js";
import { current, nextTheme } from "./theme.js";

/**
 * Return the header. `changed` is called when another tenant or window was chosen, `arrange` when tiles may move,
 * `lookBack` to show what was known then, or no longer; `looksBack` tells whether the server knows that.
 */
export function makeHeader({ boards, windows, rotation, state, arrange, changed, looksBack, lookBack }) {
  let tenants = [];
  let isArranging = false;
  const title = h("span", { class: "board-title" });
  const clock = h("span", { class: "as-of" });
  const status = h("span", { class: "link", "data-link": "lost" }, texts.connecting);
  const tabs = boards.map((board) => h("a", { href: `#${encodeURIComponent(board.name)}` }, board.title ?? board.name));
  const tenant = choice(texts.tenant, (value) => (state.tenant = value));
  const window = choice(texts.window, (value) => (state.window = value || null));
  fill(window.select, ["", ...windows], (name) => (name ? texts.windowNames[name] : texts.windowOfBoard), state.window ?? "");

  const theme = button(texts.theme[current()], () => say(theme, texts.theme[nextTheme()]));
  const rotate = button(texts.rotate, () => {
    rotation.set(!rotation.isTurning());
    mark(rotate, "aria-pressed", rotation.isTurning());
  });
  mark(rotate, "aria-pressed", rotation.isTurning());
  const reset = button(texts.reset, () => {
    forget(rotation.current());
    toggle(false);
    changed();
  });
  const arranging = button(texts.arrange, () => toggle(!isArranging));
  const how = h("span", { class: "how", hidden: "" }, texts.arrangeHow);
  reset.hidden = true;

  function toggle(value) {
    isArranging = value;
    say(arranging, value ? texts.arranged : texts.arrange);
    reset.hidden = how.hidden = !value;
    arrange(value);
  }

  const back = button(texts.then.open, lookBack, { class: "back", accesskey: "t" });
  back.hidden = !looksBack;

  const box = h(
    "header",
    { class: "head" },
    h("p", { class: "name" }, texts.product, title),
    boards.length > 1 ? h("nav", { "aria-label": texts.boards }, ...tabs) : null,
    h(
      "div",
      { class: "controls", role: "group", "aria-label": texts.controls },
      tenant.box,
      window.box,
      boards.length > 1 ? rotate : null,
      arranging,
      reset,
      how,
      back,
      h("a", { href: "/week" }, texts.week.open),
      theme,
    ),
    h("p", { class: "freshness" }, clock, status),
  );

  return {
    box,
    tenants: () => tenants,
    /** Take the tenants there are; return whether they are others than before. */
    meet(found) {
      if (found.join("\n") === tenants.join("\n")) {
        return false;
      }
      tenants = found;
      fill(tenant.select, tenants, (name) => name, state.tenant ?? tenants[0]);
      tenant.box.hidden = tenants.length < 2;
      return true;
    },
    turned(board, shown) {
      say(title, board.title ?? "");
      tabs.forEach((tab, place) => mark(tab, "aria-current", boards[place] === board ? "page" : null));
      tenant.box.hidden = tenants.length < 2 || board.tenant !== null;
      if (shown) {
        tenant.select.value = shown;
      }
      if (isArranging) {
        toggle(false);
      }
    },
    /** Show that the board looks back, or no longer. */
    looks(isBack) {
      back.hidden = !looksBack || isBack;
      arranging.hidden = rotate.hidden = isBack;
    },
    focusBack: () => back.focus(),
    show({ values, link, why, isBack }) {
      say(clock, values.asOf === null || isBack ? "" : texts.asOf(time(values.asOf)));
      if (isBack) {
        mark(status, "data-link", "back");
        say(status, texts.then.looking);
        return;
      }
      mark(status, "data-link", !link.isConnected ? "lost" : why ? "troubled" : "live");
      say(status, !link.isConnected ? why : why ? texts.troubled : texts.live);
    },
  };

  function choice(label, take) {
    const select = h("select");
    select.addEventListener("change", () => {
      take(select.value);
      changed();
    });
    return { box: h("label", {}, label, select), select };
  }
}

function fill(select, names, wordOf, chosen) {
  select.replaceChildren(...names.map((name) => h("option", { value: name }, wordOf(name))));
  select.value = chosen;
}
