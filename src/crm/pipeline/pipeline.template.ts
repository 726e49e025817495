import type { ForecastCategory, StageType } from '../pipeline-stage/pipeline-stage.entity.js';

export const TEMPLATES = ['erpnext'] as const;

export type Template = (typeof TEMPLATES)[number];

export interface TemplateStage {
  key: string;
  type: StageType;
  probability: number;
  forecast_category: ForecastCategory;
}

/** The stages that ERPNext ships, from 10 % on in steps of 10. */
const ERPNEXT = [
  'Prospecting',
  'Qualification',
  'Needs Analysis',
  'Value Proposition',
  'Identifying Decision Makers',
  'Perception Analysis',
  'Proposal/Price Quote',
  'Negotiation/Review',
];

const PROBABILITIES = [10, 20, 30, 40, 50, 60, 70, 90];

const FIRST_COMMITTED = 6;

/** The name of a pipeline made from a template, unless it is given one. */
export const TEMPLATE_NAME = 'Sales';

export function stagesOf(_template: Template): TemplateStage[] {
  const open = ERPNEXT.map((key, at): TemplateStage => {
    const forecast_category = at < FIRST_COMMITTED ? 'pipeline' : 'commit';
    return { key, type: 'open', probability: PROBABILITIES[at] ?? 0, forecast_category };
  });
  return [
    ...open,
    { key: 'Won', type: 'won', probability: 100, forecast_category: 'closed' },
    { key: 'Lost', type: 'lost', probability: 0, forecast_category: 'omitted' },
  ];
}
