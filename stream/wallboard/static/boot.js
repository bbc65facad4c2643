// Should a script of the page not come, nothing would ever run: this one, which needs no other, loads the page again.

const PATIENCE_MS = 10_000;

setTimeout(() => {
  if (!("runs" in document.documentElement.dataset)) {
    location.reload();
  }
}, PATIENCE_MS);
