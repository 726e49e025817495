/** Upper bounds in seconds: finer where most answers are, up to what a client waits for. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Requests of one route and method. */
interface Series {
  /** How many took at most the bound of the same place and more than the one before; the last has no bound. */
  readonly buckets: number[];
  readonly statuses: Map<number, number>;
  sum: number;
}

/** A value as prom-client exposes it. */
export interface Sample {
  metricName?: string;
  labels: Record<string, string | number>;
  value: number;
}

/**
 * Counts and durations of requests, in numbers of their own: prom-client looks a series up by a text that it makes of all
 * its labels, twice a request, which takes 20 times as long. The route is the template and the method one that Node's
 * parser knows, so the number of series is bounded, whatever clients ask for.
 */
export class RequestSeries {
  private readonly routes = new Map<string, Map<string, Series>>();

  record(route: string, method: string, status: number, seconds: number): void {
    const series = this.routes.get(route)?.get(method) ?? this.add(route, method);
    let place = 0;
    while (place < BOUNDS.length && seconds > (BOUNDS[place] as number)) place += 1;
    series.buckets[place] = (series.buckets[place] ?? 0) + 1;
    series.sum += seconds;
    series.statuses.set(status, (series.statuses.get(status) ?? 0) + 1);
  }

  /** Samples of a counter by method, route and status. */
  counts(): Sample[] {
    return this.all().flatMap(({ labels, series }) =>
      [...series.statuses].map(([status, value]) => ({ labels: { ...labels, status }, value })),
    );
  }

  /** Samples of the histogram `name` by method and route. */
  durations(name: string): Sample[] {
    return this.all().flatMap(({ labels, series }) => {
      let total = 0;
      const buckets = [...BOUNDS, '+Inf'].map((le, place) => {
        total += series.buckets[place] ?? 0;
        return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: total };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: series.sum },
        { metricName: `${name}_count`, labels, value: total },
      ];
    });
  }

  private all(): { labels: { method: string; route: string }; series: Series }[] {
    return [...this.routes].flatMap(([route, methods]) =>
      [...methods].map(([method, series]) => ({ labels: { method, route }, series })),
    );
  }

  private add(route: string, method: string): Series {
    const methods = this.routes.get(route) ?? new Map<string, Series>();
    const series = { buckets: Array.from({ length: BOUNDS.length + 1 }, () => 0), statuses: new Map(), sum: 0 };
    this.routes.set(route, methods.set(method, series));
    return series;
  }
}
