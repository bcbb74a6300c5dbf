import { realpathSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { NoData } from '../collector.ts'
import type { Collector } from '../collector.ts'
import type { MetricBuffer } from '../metric-buffer.ts'
import type { SystemFiles } from '../system-files.ts'

/** Zones and cooling devices. @see node_exporter `collector/thermal_zone_linux.go` */
export function thermalZoneCollector(files: SystemFiles): Collector {
  return {
    name: 'thermal_zone',
    collect(out) {
      const base = `${files.sys}/class/thermal`
      for (const folder of files.list(base)) {
        const [, kind, number] = /^(thermal_zone|cooling_device)(\d+)$/.exec(folder) ?? []
        if (number === undefined) continue
        const type = files.tryAttribute(`${base}/${folder}/type`) ?? ''
        if (kind === 'thermal_zone') {
          const temperature = files.tryNumber(`${base}/${folder}/temp`)
          if (temperature !== undefined) out.gauge('node_thermal_zone_temp', 'Zone temperature in Celsius', temperature / 1000, 'type', type, 'zone', number)
          continue
        }
        const current = files.tryNumber(`${base}/${folder}/cur_state`)
        const maximum = files.tryNumber(`${base}/${folder}/max_state`)
        if (current !== undefined) out.gauge('node_cooling_device_cur_state', 'Current throttle state of the cooling device', current, 'name', number, 'type', type)
        if (maximum !== undefined) out.gauge('node_cooling_device_max_state', 'Maximum throttle state of the cooling device', maximum, 'name', number, 'type', type)
      }
    },
  }
}

/** Errors of memory modules. @see node_exporter `collector/edac_linux.go` */
export function edacCollector(files: SystemFiles): Collector {
  return {
    name: 'edac',
    collect(out) {
      const base = `${files.sys}/devices/system/edac/mc`
      for (const folder of files.list(base)) {
        const controller = /^mc(\d+)$/.exec(folder)?.[1]
        if (controller === undefined) continue
        const count = (metric: string, help: string, file: string, ...more: readonly string[]): void => {
          const value = files.tryNumber(`${base}/${folder}/${file}`)
          if (value !== undefined) out.counter(`node_edac_${metric}_errors_total`, help, value, 'controller', controller, ...more)
        }
        count('correctable', 'Total correctable memory errors.', 'ce_count')
        count('uncorrectable', 'Total uncorrectable memory errors.', 'ue_count')
        count('csrow_correctable', 'Total correctable memory errors for this csrow.', 'ce_noinfo_count', 'csrow', 'unknown')
        count('csrow_uncorrectable', 'Total uncorrectable memory errors for this csrow.', 'ue_noinfo_count', 'csrow', 'unknown')
        for (const row of files.list(`${base}/${folder}`)) {
          const csrow = /^csrow(\d+)$/.exec(row)?.[1]
          if (csrow === undefined) continue
          count('csrow_correctable', 'Total correctable memory errors for this csrow.', `${row}/ce_count`, 'csrow', csrow)
          count('csrow_uncorrectable', 'Total uncorrectable memory errors for this csrow.', `${row}/ue_count`, 'csrow', csrow)
        }
      }
    },
  }
}

/** Files of a power supply, metric and divisor. @see node_exporter `collector/powersupplyclass_linux.go` */
const POWER_SUPPLY: readonly (readonly [file: string, metric: string, divisor: number])[] = [
  ['capacity', 'capacity', 1], ['cycle_count', 'cyclecount', 1], ['online', 'online', 1], ['present', 'present', 1], ['time_to_empty_now', 'time_to_empty_seconds', 1],
  ['time_to_full_now', 'time_to_full_seconds', 1], ['current_max', 'current_max', 1e6], ['current_now', 'current_ampere', 1e6], ['energy_full', 'energy_full', 1e6],
  ['energy_full_design', 'energy_full_design', 1e6], ['energy_now', 'energy_watthour', 1e6], ['voltage_max', 'voltage_max', 1e6], ['voltage_min_design', 'voltage_min_design', 1e6],
  ['voltage_now', 'voltage_volt', 1e6], ['charge_full', 'charge_full', 1e6], ['charge_full_design', 'charge_full_design', 1e6], ['charge_now', 'charge_ampere', 1e6],
  ['power_now', 'power_watt', 1e6], ['temp', 'temp_celsius', 10],
]
const POWER_SUPPLY_TEXTS = ['capacity_level', 'charge_type', 'health', 'manufacturer', 'model_name', 'scope', 'serial_number', 'status', 'technology', 'type', 'usb_type'] as const

/** Batteries and mains adapters. */
export function powerSupplyCollector(files: SystemFiles): Collector {
  return {
    name: 'powersupplyclass',
    collect(out) {
      const base = `${files.sys}/class/power_supply`
      for (const name of files.list(base)) {
        for (const [file, metric, divisor] of POWER_SUPPLY) {
          const value = files.tryNumber(`${base}/${name}/${file}`)
          if (value !== undefined) out.gauge(`node_power_supply_${metric}`, `${metric} value of /sys/class/power_supply/<power_supply>.`, value / divisor, 'power_supply', name)
        }
        const texts = POWER_SUPPLY_TEXTS.flatMap(file => {
          const value = files.tryAttribute(`${base}/${name}/${file}`) ?? ''
          return value === '' ? [] : [[file, value] as const]
        })
        const labels = [...texts, ['power_supply', name] as const].sort(([a], [b]) => (a < b ? -1 : 1)).flat()
        out.gauge('node_power_supply_info', 'info of /sys/class/power_supply/<power_supply>.', 1, ...labels)
      }
    },
  }
}

const SENSOR_TYPES: ReadonlySet<string> = new Set(['vrm', 'beep_enable', 'update_interval', 'in', 'cpu', 'fan', 'pwm', 'temp', 'curr', 'power', 'energy', 'humidity', 'intrusion', 'freq'])

/** Unit of a reading by the type of its sensor: suffix of the metric, divisor, and how its help begins. */
const SENSOR_UNITS: Readonly<Record<string, readonly [suffix: string, divisor: number, help: string]>> = {
  in: ['_volts', 1000, 'Hardware monitor for voltage'], cpu: ['_volts', 1000, 'Hardware monitor for voltage'], temp: ['_celsius', 1000, 'Hardware monitor for temperature'],
  curr: ['_amps', 1000, 'Hardware monitor for current'], power: ['_watt', 1e6, 'Hardware monitor for power usage in watts'],
  humidity: ['', 1e6, 'Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the humidity as a percentage)'],
}

interface Chip {
  readonly folder: string
  readonly base: string
  readonly nameFile: string
}

/** Temperatures, fans, voltages as lm-sensors shows them. @see node_exporter `collector/hwmon_linux.go` */
export function hwmonCollector(files: SystemFiles): Collector {
  return {
    name: 'hwmon',
    collect(out) {
      const base = `${files.sys}/class/hwmon`
      const folders = files.list(base)
      if (folders.length === 0) throw new NoData('no hardware monitor')
      const chips = folders.map(folder => chipOf(files, `${base}/${folder}`))
      for (const chip of chips) {
        // Two monitors of one device would have one name.
        const namesakes = chips.filter(c => c.base === chip.base)
        const unique = namesakes.filter(c => c.nameFile === chip.nameFile).length === 1 && cleanName(chip.nameFile) !== ''
        const label = namesakes.length === 1 ? chip.base : `${chip.base}_${cleanName(unique ? chip.nameFile : basename(chip.folder))}`
        const readable = cleanName(chip.nameFile)
        if (readable !== '') out.gauge('node_hwmon_chip_names', 'Annotation metric for human-readable chip names', 1, 'chip', label, 'chip_name', readable)
        const sensors = new Map<string, Map<string, string>>()
        for (const folder of [chip.folder, `${chip.folder}/device`]) readSensors(files, folder, sensors)
        for (const [sensor, properties] of sensors) writeSensor(out, label, sensor, properties)
      }
    },
  }
}

function cleanName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9:_]/g, '_').replace(/^_+|_+$/g, '')
}

/** A chip is named after its device, which keeps its name from start to start, else after its own name. */
function chipOf(files: SystemFiles, folder: string): Chip {
  const nameFile = files.tryAttribute(`${folder}/name`) ?? ''
  let device = ''
  let bus = ''
  try {
    const path = realpathSync(`${folder}/device`)
    device = cleanName(basename(path))
    bus = cleanName(basename(dirname(path)))
  } catch {
    // A virtual chip has no device.
  }
  const base = device === '' ? cleanName(nameFile) || cleanName(basename(folder)) : bus === '' ? device : `${bus}_${device}`
  return { folder, base, nameFile }
}

/** Reads files such as `temp1_input` into sensor → property → text; a file without property has the property ''. */
function readSensors(files: SystemFiles, folder: string, sensors: Map<string, Map<string, string>>): void {
  for (const file of files.list(folder)) {
    const [, type, id = '', property = ''] = /^([^0-9]+?)([0-9]*)(?:_(.+))?$/.exec(file) ?? []
    // `beep_enable` and `update_interval` are words of their own.
    const whole = SENSOR_TYPES.has(file)
    if (type === undefined || !(whole || SENSOR_TYPES.has(type))) continue
    const text = files.tryAttribute(`${folder}/${file}`)
    if (text === undefined) continue
    const sensor = whole ? `${file}0` : `${type}${id === '' ? '0' : Number(id)}`
    let properties = sensors.get(sensor)
    if (properties === undefined) {
      properties = new Map()
      sensors.set(sensor, properties)
    }
    properties.set(whole ? '' : property, text)
  }
}

function writeSensor(out: MetricBuffer, chip: string, sensor: string, properties: ReadonlyMap<string, string>): void {
  const type = sensor.replace(/[0-9]+$/, '')
  const labels = ['chip', chip, 'sensor', sensor]
  const label = properties.get('label')
  if (label !== undefined) out.gauge('node_hwmon_sensor_label', 'Label for given chip and sensor', 1, 'chip', chip, 'label', label, 'sensor', sensor)
  const own = Number(properties.get('') || NaN)
  switch (type) {
    case 'beep_enable':
      out.gauge('node_hwmon_beep_enabled', 'Hardware beep enabled', own === 1 ? 1 : 0, ...labels)
      return
    case 'vrm':
      if (!Number.isNaN(own)) out.gauge('node_hwmon_voltage_regulator_version', 'Hardware voltage regulator', own, ...labels)
      return
    case 'update_interval':
      if (!Number.isNaN(own)) out.gauge('node_hwmon_update_interval_seconds', 'Hardware monitor update interval', own / 1000, ...labels)
      return
  }
  for (const [element, text] of [...properties].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const value = Number(text || NaN)
    if (element === 'label' || Number.isNaN(value)) continue
    // A reading is the sensor's value itself.
    const part = element === 'input' ? (properties.has('') ? '_input' : '') : element === '' ? '' : `_${cleanName(element)}`
    writeReading(out, type, element, `node_hwmon_${type}${part}`, value, label, labels)
  }
}

function writeReading(out: MetricBuffer, type: string, element: string, name: string, value: number, label: string | undefined, labels: readonly string[]): void {
  const unit = SENSOR_UNITS[type]
  if (element === 'fault' || element === 'alarm') out.gauge(name, `Hardware sensor ${element} status (${type})`, value, ...labels)
  else if (element === 'beep') out.gauge(`${name}_enabled`, 'Hardware monitor sensor has beeping enabled', value, ...labels)
  else if (type === 'energy') out.counter(`${name}_joule_total`, `Hardware monitor for joules used so far (${element})`, value / 1e6, ...labels)
  else if (type === 'power' && element === 'accuracy') out.gauge(name, 'Hardware monitor power meter accuracy, as a ratio', value / 1e6, ...labels)
  else if (type === 'power' && /^average_interval(?:_min|_max)?$/.test(element)) {
    out.gauge(`${name}_seconds`, `Hardware monitor power usage update interval (${element})`, value / 1000, ...labels)
  } else if (unit !== undefined && !(type === 'temp' && element === 'type')) {
    const [suffix, divisor, help] = unit
    out.gauge(`${name}${suffix}`, `${help} (${type === 'temp' && element === '' ? 'input' : element})`, value / divisor, ...labels)
  } else if (type === 'fan' && ['input', 'min', 'max', 'target'].includes(element)) out.gauge(`${name}_rpm`, `Hardware monitor for fan revolutions per minute (${element})`, value, ...labels)
  else if (type === 'freq' && element === 'input') {
    if (label !== undefined) out.gauge(`${name}_freq_mhz`, 'Hardware monitor for GPU frequency in MHz', value / 1e6, labels[0]!, labels[1]!, 'sensor', cleanName(label))
  } else out.gauge(name, `Hardware monitor ${type} element ${element}`, value, ...labels)
}
