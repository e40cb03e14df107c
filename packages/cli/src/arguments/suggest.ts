/** Those of `candidates` that a person who wrote `text` probably meant, nearest first. */
export function suggest(text: string, candidates: Iterable<string>, most = 3): string[] {
  const wanted = fold(text);
  if (wanted === "") return [];
  return [...candidates]
    .map((candidate) => {
      const folded = fold(candidate);
      const distance = folded.startsWith(wanted) ? 0.5 : editDistance(wanted, folded);
      return { candidate, distance };
    })
    .filter(({ distance }) => distance <= Math.max(1, wanted.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** Case and separators are what people get wrong first. */
function fold(text: string): string {
  return text.toUpperCase().replaceAll(/[-_/:.\s]/g, "");
}

/** Fewest insertions, deletions and replacements that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
