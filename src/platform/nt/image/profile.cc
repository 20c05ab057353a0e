// What an image that counts its own lines (scripts/coverage) needs of a profile runtime: the symbol
// by which every object asks for one, and the byte before the names by which llvm-cov knows that it
// was there. Whoever loaded the image reads the counters out of it.
extern "C" {
extern int __llvm_profile_runtime;
int __llvm_profile_runtime = 0;
[[gnu::section(".lprfn$A")]] extern const char __llvm_profile_names_start;
[[gnu::used]] const char __llvm_profile_names_start = 0;
}
