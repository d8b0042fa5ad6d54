// Tests measure memory and share ONNX Runtime's threads, so one runs at a time.
[assembly: DoNotParallelize]
