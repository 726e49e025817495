/** What a report answers beside its envelope. */
export interface ReportBody {
  data: object[];
  totals: object;
  won?: object[];
  by_stage?: object[];
}
