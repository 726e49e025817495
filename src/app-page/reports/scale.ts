/** Round numbers from the least to the greatest value, zero included, that an axis can show. */
export function ticksOf(least: number, greatest: number, wanted = 4): number[] {
  const [low, high] = [Math.min(0, least), Math.max(0, greatest)];
  const rough = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let at = Math.floor(low / step); at * step < high + step; at++) ticks.push(at * step);
  return ticks;
}
