/**
 * For the engine's malloc where that is glibc's. Huge pages make onnxruntime's large allocations several times cheaper. And blocks of
 * 4 MB and more are mapped each for itself, so that a network that is closed gives its memory back: left alone glibc puts blocks
 * of up to 32 MB among the small ones once some were freed, and what lies below a living one stays (0.5 GB of SD 1.5's).
 */
export const mallocTunables = `glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=${4 * 2 ** 20}`
