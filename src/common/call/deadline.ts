import type { EntityManager } from 'typeorm';
import type { Call } from './call.js';
import { serviceUnavailable } from '../errors/sqlstate.js';

/** Something that is under way for a request, and ends with it. */
export interface Stoppable {
  stop: () => void;
}

/** The end of a request's work: its time is over, or its client has left. Who works for it looks before each step. */
export class Deadline {
  private over = false;
  private readonly underWay: Stoppable[] = [];

  /** `lastStart` is when it is too late to begin a step that may be left undone, as `performance.now()` tells the time. */
  constructor(private readonly lastStart: number) {}

  get isNear(): boolean {
    return this.msLeft < 0;
  }

  /** Time to begin a step that may be left undone; less than none when it is too late. */
  get msLeft(): number {
    return this.over ? -1 : this.lastStart - performance.now();
  }

  throwIfOver(): void {
    if (this.over) throw serviceUnavailable();
  }

  end(): void {
    this.over = true;
    for (const work of this.underWay.splice(0)) work.stop();
  }

  /** Has the work stopped when the request is over. */
  add(work: Stoppable): void {
    this.underWay.push(work);
  }

  /** The work has come to its own end. */
  remove(work: Stoppable): void {
    const index = this.underWay.indexOf(work);
    if (index >= 0) this.underWay.splice(index, 1);
  }
}

/** Whose share of the database a request uses, and until when. */
export interface RequestBudget {
  workspaceId: string;
  deadline: Deadline;
}

/** A database as requests see it: everything done through the manager counts against the budget. */
export interface BudgetedDatabase {
  readonly budget?: RequestBudget | undefined;
  managerFor: (budget: RequestBudget) => EntityManager;
}

/** A call for what is left to do once the request of this one is over, such as taking back what it had begun. */
export function afterRequest(call: Call): Call {
  const database = call.manager.dataSource as unknown as BudgetedDatabase;
  const budget = { workspaceId: call.workspaceId, deadline: new Deadline(Infinity) };
  return { ...call, manager: database.managerFor(budget) };
}

/** When the work of a call has to be over; undefined for one that no request waits for. */
export function deadlineOf({ manager }: Call): Deadline | undefined {
  return (manager.dataSource as Partial<BudgetedDatabase>).budget?.deadline;
}
