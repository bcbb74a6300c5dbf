// Loaded with the first filter: the parser comes with it.
export { addFilters, addGrouping } from '@haechi/dashboards'
