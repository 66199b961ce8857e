// The results of an import: a line for each row, in gzip, as many as the file had.
const MOST = 50; // rejected rows that are shown

/** The first rejected rows: [{ row, code, detail, errors }]. It stops reading when it has enough. */
export async function rejected(url) {
  const response = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer" });
  const reader = response.body.pipeThrough(new DecompressionStream("gzip")).pipeThrough(new TextDecoderStream()).getReader();
  const found = [];
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (!line.includes('"rejected"')) continue;
      const parsed = JSON.parse(line);
      if (parsed.status === "rejected") found.push(parsed);
      if (found.length === MOST) {
        reader.cancel();
        return found;
      }
    }
    if (done) return found;
  }
}
