// Should a script of the page not come, nothing would ever run: this one, which needs no other, loads the page again.

const PATIENCE_MS = 10_000;

/** Load the page again once the server is there: else the browser would show a page of its own, and stay at that. */
async function again() {
  if ("runs" in document.documentElement.dataset) {
    return;
  }
  try {
    await fetch(location.href, { method: "HEAD", cache: "no-store" });
    location.reload();
  } catch {
    setTimeout(again, PATIENCE_MS);
  }
}

setTimeout(again, PATIENCE_MS);
