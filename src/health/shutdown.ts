import { Injectable } from '@nestjs/common';

/** Whether the service has been told to end: the one place that knows. */
@Injectable()
export class Shutdown {
  private begun = false;

  begin(): void {
    this.begun = true;
  }

  get hasBegun(): boolean {
    return this.begun;
  }
}
