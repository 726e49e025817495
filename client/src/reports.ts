import { Calls } from './resource.js';

export class Reports extends Calls {
  readonly pipeline = this.read<'reportPipeline'>('/pipeline');
  readonly forecast = this.read<'reportForecast'>('/forecast');
  readonly winRate = this.read<'reportWinRate'>('/win-rate');
  readonly losses = this.read<'reportLosses'>('/losses');
  readonly cycle = this.read<'reportCycle'>('/cycle');
  readonly funnel = this.read<'reportFunnel'>('/funnel');
  readonly velocity = this.read<'reportVelocity'>('/velocity');
  readonly changes = this.read<'reportChanges'>('/changes');
}
