import { existsSync } from 'node:fs'
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
