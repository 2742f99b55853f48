// SPDX-License-Identifier: GPL-3.0-or-later
// What Highway's headers ask its library for on x86: which instruction sets this processor has. Answered here because
// libhwy.so measures a timer for 3 ms whenever a program starts that links it, a tenth of what `inspect` takes.
#include <atomic>

#include <hwy/targets.h>

#if HWY_ARCH_X86

namespace hwy {

namespace {

// The parts of each set that Highway's targets.cc asks for and compilers can name. LZCNT, MOVBE and F16C came to the
// market with AVX2 and FMA.
int64_t supportedTargets() {
    __builtin_cpu_init();
    int64_t targets = 0;
    const auto offer = [&targets](bool supported, int64_t target) {
        if (supported) targets |= target;
    };
    const bool ssse3 = __builtin_cpu_supports("ssse3") != 0;
    const bool sse4 =
        ssse3 && __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("aes");
    const bool avx2 = sse4 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const bool avx3 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512cd");
    const bool avx3Dl = avx3 && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("vpclmulqdq") &&
                        __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
                        __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512bitalg") &&
                        __builtin_cpu_supports("gfni");
    offer(ssse3, HWY_SSSE3);
    offer(sse4, HWY_SSE4);
    offer(avx2, HWY_AVX2);
    offer(avx3, HWY_AVX3);
    offer(avx3Dl, HWY_AVX3_DL);
    return targets | HWY_STATIC_TARGET;
}

std::atomic<int64_t> targetsForTest{0};

}  // namespace

int64_t SupportedTargets() {
    static const int64_t targets = supportedTargets();
    const int64_t chosen = targetsForTest.load();
    return chosen == 0 ? targets : chosen;
}

void SetSupportedTargetsForTest(int64_t targets) {
    targetsForTest = targets;
    GetChosenTarget().DeInit();
}

ChosenTarget& GetChosenTarget() {
    static ChosenTarget chosen;
    return chosen;
}

}  // namespace hwy

#endif
