#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sanheyi_fuzz::decoders::run("custody_notice", bytes);
});
