import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { ensureBrowser } from './browser.ts'

const folder = '/usr/lib/chromium'

/**
 * What a process must be given to find the software Vulkan that Debian's Chromium comes with: slow, but WebGPU as on a GPU. Null,
 * and said aloud, where there is none.
 */
export function softwareVulkan(): Readonly<Record<string, string | undefined>> | null {
  const icd = path.join(folder, 'vk_swiftshader_icd.json')
  if (!existsSync(icd)) ensureBrowser()
  if (existsSync(icd))
    return { ...process.env, LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: icd, XDG_RUNTIME_DIR: undefined }
  process.stderr.write(`There is no software Vulkan in ${folder}: the tests of WebGPU are left out.\n`)
  return null
}

const driverFolder = '/usr/share/vulkan/icd.d'

/**
 * The same for Mesa's Vulkan in software (lavapipe), which computes in half precision, too. It is the installed one, or that of
 * the manifest in MARQUEE_TEST_VULKAN. Null where there is none; one before Mesa 23 may be there and of no use to WebGPU.
 */
export function mesaVulkan(): Readonly<Record<string, string | undefined>> | null {
  const installed = existsSync(driverFolder) ? readdirSync(driverFolder) : []
  const found = installed.find((name) => name.startsWith('lvp_icd.'))
  const icd = process.env.MARQUEE_TEST_VULKAN ?? (found === undefined ? null : path.join(driverFolder, found))
  return icd === null ? null : { ...process.env, VK_ICD_FILENAMES: icd, VK_DRIVER_FILES: icd }
}
