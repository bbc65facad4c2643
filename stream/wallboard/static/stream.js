// The stream of changes: connects by itself, again and again, and knows for how long nothing was heard.

const SILENT_MS = 3500; // a snapshot comes each second, changed or not
const GIVE_UP_MS = 9000; // a connection that says nothing for so long is opened anew
const LOOK_MS = 500;

/** Listen to `url`. `whole` and `changed` get what comes, `quiet` is told twice a second for how many ms none has. */
export function listen(url, { whole, changed, quiet }) {
  let source = null;
  let opened = 0;
  let heard = null;

  function open() {
    source?.close();
    opened = performance.now();
    source = new EventSource(url);
    source.addEventListener("whole", (event) => take(event, whole));
    source.addEventListener("changed", (event) => take(event, changed));
  }

  function take(event, handler) {
    heard = performance.now();
    handler(JSON.parse(event.data));
    quiet(state());
  }

  // The browser reconnects by itself and says which event was its last. Where it was refused it gives up, and where a
  // connection died without a word it never notices.
  function look() {
    const now = performance.now();
    if (now - Math.max(opened, heard ?? 0) > GIVE_UP_MS || (source.readyState === EventSource.CLOSED && now - opened > 1000)) {
      open();
    }
    quiet(state());
  }

  function state() {
    const silentMs = performance.now() - (heard ?? opened);
    return {
      isConnected: heard !== null && silentMs < SILENT_MS,
      isOpen: source.readyState === EventSource.OPEN,
      wasConnected: heard !== null,
      silentMs,
    };
  }

  open();
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    source.close();
  };
}
