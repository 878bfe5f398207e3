// A logarithmic axis: positions from 0 to 1, and the number at each.

export const shareOf = (value, [low, high]) => Math.min(Math.max(Math.log(value / low) / Math.log(high / low), 0), 1);
export const rounded = (value, digits) => Number(value.toPrecision(digits));

// All numbers from low to high with the given leading digits. Readers guess with two digits at most.
function numbers([low, high], leads, digits) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const lead of leads) {
      const value = Number(`${lead}e${power - digits + 1}`);
      if (value >= low && value <= high) found.push(value);
    }
  }
  return found;
}
export const ticks = (span) => numbers(span, [1, 2, 5], 1);
export const guessable = (span) =>
  numbers(
    span,
    Array.from({ length: 90 }, (_, k) => 10 + k),
    2,
  );

export function nearest(share, values, span) {
  const away = values.map((value) => Math.abs(shareOf(value, span) - share));
  return away.indexOf(Math.min(...away));
}

// Compares two numbers: their ratio as it is shown, and which is larger.
export function compared([first, second]) {
  const [less, more] = first < second ? [first, second] : [second, first];
  const who = { more: first < second ? 1 : 0, less: first < second ? 0 : 1 };
  if (less === 0 && more > 0) return { kind: "none", ...who };
  const ratio = more > 0 ? rounded(more / less, 2) : 1;
  return ratio === 1
    ? { kind: "close", ...who }
    : { kind: "times", ratio: ratio < 10 ? ratio.toFixed(1) : String(ratio), ...who };
}

// Whether these are numbers on the axis, 0 for a marker not set: a browser's storage may hold anything.
export function fits(guesses, count, [low, high]) {
  return (
    Array.isArray(guesses) &&
    guesses.length === count &&
    guesses.every((value) => typeof value === "number" && (value === 0 || (value >= low && value <= high)))
  );
}
