// The bytes of the files in the folder Conversion, taken in by the compiler. A new file gets two entries here; a test
// compares them with the folder.
#include "CConversion.h"

// Part of C23, which clang knows in all its versions of C.
#pragma clang diagnostic ignored "-Wc23-extensions"

#define FILE(name, bytes) {name, bytes, sizeof bytes}

static const unsigned char calibration_inputs_py[] = {
#embed "../../Conversion/calibration_inputs.py"
};
static const unsigned char checkpoint_source_py[] = {
#embed "../../Conversion/checkpoint_source.py"
};
static const unsigned char conversion_program_py[] = {
#embed "../../Conversion/conversion_program.py"
};
static const unsigned char convert_py[] = {
#embed "../../Conversion/convert.py"
};
static const unsigned char export_metadata_py[] = {
#embed "../../Conversion/export_metadata.py"
};
static const unsigned char input_preparation_py[] = {
#embed "../../Conversion/input_preparation.py"
};
static const unsigned char model_sources_py[] = {
#embed "../../Conversion/model_sources.py"
};
static const unsigned char onnx_source_py[] = {
#embed "../../Conversion/onnx_source.py"
};
static const unsigned char plain_onnx_py[] = {
#embed "../../Conversion/plain_onnx.py"
};
static const unsigned char quantize_py[] = {
#embed "../../Conversion/quantize.py"
};
static const unsigned char reference_detections_py[] = {
#embed "../../Conversion/reference_detections.py"
};
static const unsigned char requirements_int8_txt[] = {
#embed "../../Conversion/requirements-int8.txt"
};
static const unsigned char requirements_txt[] = {
#embed "../../Conversion/requirements.txt"
};
static const unsigned char sample_pictures_py[] = {
#embed "../../Conversion/sample_pictures.py"
};

static const harrier_conversion_file_t files[] = {
  FILE("calibration_inputs.py", calibration_inputs_py),
  FILE("checkpoint_source.py", checkpoint_source_py),
  FILE("conversion_program.py", conversion_program_py),
  FILE("convert.py", convert_py),
  FILE("export_metadata.py", export_metadata_py),
  FILE("input_preparation.py", input_preparation_py),
  FILE("model_sources.py", model_sources_py),
  FILE("onnx_source.py", onnx_source_py),
  FILE("plain_onnx.py", plain_onnx_py),
  FILE("quantize.py", quantize_py),
  FILE("reference_detections.py", reference_detections_py),
  FILE("requirements-int8.txt", requirements_int8_txt),
  FILE("requirements.txt", requirements_txt),
  FILE("sample_pictures.py", sample_pictures_py),
};

size_t harrier_conversion_file_count(void) { return sizeof files / sizeof files[0]; }

harrier_conversion_file_t harrier_conversion_file(size_t index) { return files[index]; }
