import { invalidParameter, isSameStored, type Decimal } from '../../common/index.js';
import type { PipelineStage } from './pipeline-stage.entity.js';
import type { ForecastCategory, StageType } from './pipeline-stage.entity.js';

/** What a type of stage leaves no choice about. */
const FIXED_PROBABILITY: Partial<Record<StageType, number>> = { won: 100, lost: 0 };

const DEFAULT_CATEGORY: Record<StageType, ForecastCategory> = { open: 'pipeline', won: 'closed', lost: 'omitted' };

/**
 * A stage as it is written, with what follows from its type; `current` is the stage as it is. Throws 400 for what does not fit,
 * with the parameter named after `path`.
 */
export function completeStage(
  values: Partial<PipelineStage>,
  current?: PipelineStage,
  path = '',
): Partial<PipelineStage> {
  if (current !== undefined)
    for (const name of ['key', 'type'] as const)
      if (values[name] !== undefined && values[name] !== current[name])
        throw invalidParameter(name, `${name} cannot be changed; it is '${current[name]}'.`);
  const type = current?.type ?? values.type ?? 'open';
  const probability = probabilityOf(type, values.probability, current, `${path}probability`);
  if (current !== undefined) return { ...values, ...(probability !== undefined && { probability }) };
  const { label = values.key, forecast_category = DEFAULT_CATEGORY[type] } = values;
  return {
    ...values,
    type,
    forecast_category,
    ...(label && { label }),
    ...(probability !== undefined && { probability }),
  };
}

function probabilityOf(
  type: StageType,
  given: Decimal | undefined,
  current: PipelineStage | undefined,
  param: string,
): Decimal | undefined {
  const fixed = FIXED_PROBABILITY[type];
  if (fixed === undefined) {
    if (given === undefined && current === undefined)
      throw invalidParameter(param, `${param} is required for a stage of type open.`, 'parameter_missing');
    return given;
  }
  if (given !== undefined && !isSameStored(given, fixed))
    throw invalidParameter(param, `${param} of a stage of type ${type} is always ${fixed}.`);
  return current === undefined ? fixed : given;
}
