import { ServiceModule } from '../common/module/service-module.js';
import { HistoryEvent } from './event.entity.js';
import { HistoryService } from './history.service.js';

/** The log of every change, read as the history of an object. */
@ServiceModule({ name: 'history', entities: [HistoryEvent], providers: [HistoryService], exports: [HistoryService] })
export class HistoryModule {}
