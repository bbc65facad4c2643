// Comma-separated values, as spreadsheets read them, and as they do nothing with them.

/** Return a head and a line for each record. */
export function toCsv(columns, records) {
  const lines = [columns, ...records.map((record) => columns.map((name) => record[name]))];
  return lines.map((cells) => cells.map(cell).join(",")).join("\r\n") + "\r\n";
}

function cell(value) {
  if (typeof value === "number") {
    return String(value);
  }
  const text = String(value ?? "");
  // What begins like a formula would be computed by whoever opens the file: ids come from anywhere.
  const tame = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}
