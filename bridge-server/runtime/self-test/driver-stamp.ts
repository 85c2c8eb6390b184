import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { release } from 'node:os'
import path from 'node:path'
import { cudaLibrary, onnxruntimeVersion } from '../session.ts'

/** Where drivers of Linux and Windows lie; of macOS they are part of the system. */
const driverFolders = [
  '/etc/vulkan/icd.d',
  '/usr/share/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  '/sys/class/drm',
  'C:\\Windows\\System32\\DriverStore\\FileRepository'
]
const driverFiles = ['/sys/module/nvidia/version', '/sys/module/amdgpu/version']
/** What chooses among drivers. */
const driverVariables = [
  ...['VK_ICD_FILENAMES', 'VK_DRIVER_FILES', 'VK_ADD_DRIVER_FILES', 'LD_LIBRARY_PATH'],
  ...['CUDA_VISIBLE_DEVICES', 'MESA_VK_DEVICE_SELECT']
]

/** Changes with onnxruntime, the devices, and their drivers as far as files tell; a few milliseconds. */
export function driverStamp(env: Readonly<Record<string, string | undefined>>): string {
  const chosen = (env.VK_ICD_FILENAMES ?? env.VK_DRIVER_FILES ?? '')
    .split(path.delimiter)
    .filter((file) => file !== '')
  const facts = [
    onnxruntimeVersion(),
    [process.platform, process.arch, release()],
    driverVariables.map((name) => env[name] ?? null),
    driverFolders.map((folder) => [
      folderTime(folder),
      listed(folder).map((name) => stampOf(path.join(folder, name)))
    ]),
    [...chosen, cudaLibrary() ?? ''].map(stampOf),
    driverFiles.map(textOf)
  ]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
}

/** A manifest of Vulkan is a line of JSON beside the library that it names. */
function stampOf(file: string): readonly unknown[] {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats === undefined) return [file]
  if (!file.endsWith('.json'))
    return [file, textOf(path.join(file, 'device', 'device')), stats.isFile() && stats.mtimeMs]
  const library = /"library_path"\s*:\s*"([^"]+)"/.exec(textOf(file))?.[1] ?? ''
  const places = [
    path.resolve(path.dirname(file), library),
    ...systemLibraries.map((folder) => path.join(folder, library))
  ]
  return [file, stats.mtimeMs, places.map((place) => statSync(place, { throwIfNoEntry: false })?.mtimeMs)]
}

const systemLibraries = ['/usr/lib', '/usr/lib64', '/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu']

const folderTime = (folder: string): number | undefined =>
  // The system's own folders are made anew at every start.
  folder.startsWith('/sys') ? undefined : statSync(folder, { throwIfNoEntry: false })?.mtimeMs

/** A driver store holds thousands of folders, whose own time tells enough. */
const mostListed = 64

function listed(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder)
    return names.length > mostListed ? [] : names.toSorted()
  } catch {
    return []
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}
