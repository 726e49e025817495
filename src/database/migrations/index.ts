import { Initial1795359179852 } from './1795359179852-initial.js';
import { KeysOverHttp1795370000000 } from './1795370000000-keys-over-http.js';
import { EventLog1795370400000 } from './1795370400000-event-log.js';
import { KeySuccessors1795371440000 } from './1795371440000-key-successors.js';
import { CounterEpochs1795380000000 } from './1795380000000-counter-epochs.js';
import { SearchCost1795380000001 } from './1795380000001-search-cost.js';
import { CheckConstraints1795390000000 } from './1795390000000-check-constraints.js';
import { ValidCheckConstraints1795390000001 } from './1795390000001-valid-check-constraints.js';
import { SearchWithoutPendingList1795390000002 } from './1795390000002-search-without-pending-list.js';
import { Erasure1795644000000 } from './1795644000000-erasure.js';
import { Folding1795700000000 } from './1795700000000-folding.js';
import { FoldedIndexes1795700000001 } from './1795700000001-folded-indexes.js';
import { FoldedSearch1795700000002 } from './1795700000002-folded-search.js';
import { Pipelines1795800000000 } from './1795800000000-pipelines.js';
import { PipelineIndexes1795800000001 } from './1795800000001-pipeline-indexes.js';
import { PipelineHistory1795800000002 } from './1795800000002-pipeline-history.js';
import { DeletedParts1796000000000 } from './1796000000000-deleted-parts.js';
import { EventVersions1796200000000 } from './1796200000000-event-versions.js';
import { EventFeed1796200000001 } from './1796200000001-event-feed.js';
import { NamedCounters1796900000000 } from './1796900000000-named-counters.js';
import { NumberedEvents1797100000000 } from './1797100000000-numbered-events.js';

/** The migrations of the database itself and of the first modules, oldest first. Those of later modules stand on them. */
export const migrations = [
  Initial1795359179852,
  KeysOverHttp1795370000000,
  EventLog1795370400000,
  KeySuccessors1795371440000,
  CounterEpochs1795380000000,
  SearchCost1795380000001,
  CheckConstraints1795390000000,
  ValidCheckConstraints1795390000001,
  SearchWithoutPendingList1795390000002,
  Erasure1795644000000,
  Folding1795700000000,
  FoldedIndexes1795700000001,
  FoldedSearch1795700000002,
  Pipelines1795800000000,
  PipelineIndexes1795800000001,
  PipelineHistory1795800000002,
  DeletedParts1796000000000,
  EventVersions1796200000000,
  EventFeed1796200000001,
  NamedCounters1796900000000,
  NumberedEvents1797100000000,
];
