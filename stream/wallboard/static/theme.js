// Light and dark: as the system says, or as was chosen on this screen.

const KEY = "deskpulse.theme";
const THEMES = ["auto", "light", "dark"];

/** Take the theme that the address names, else the one chosen here before. */
export function keepTheme(named) {
  set(THEMES.includes(named) ? named : stored());
}

/** Go on to the next theme; return it. */
export function nextTheme() {
  const next = THEMES[(THEMES.indexOf(current()) + 1) % THEMES.length];
  set(next);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // It holds until the page is loaded again.
  }
  return next;
}

export function current() {
  return document.documentElement.getAttribute("data-theme") ?? "auto";
}

function set(theme) {
  document.documentElement.setAttribute("data-theme", theme);
}

function stored() {
  try {
    const found = localStorage.getItem(KEY);
    return THEMES.includes(found) ? found : "auto";
  } catch {
    return "auto";
  }
}
